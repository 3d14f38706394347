% expect: derivable
% Who has the static key while its certificate is valid is the bank to its clients. It lives a week for that.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(static_stolen_now, axiom, ( att(before, st) )).
cnf(goal, negated_conjecture, ( ~att(before, secret) )).
