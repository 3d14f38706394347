% expect: underivable
% The client's first message stays secret from an attacker on the network.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(goal, negated_conjecture, ( ~att(before, secret) )).
