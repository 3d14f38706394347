% expect: derivable
% The client can accept an honest run at all: otherwise every property would hold for nothing.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(goal, negated_conjecture, ( ~accept(e(one, ec, kc), kss(kc, r(one, ec, kc)), st) )).
