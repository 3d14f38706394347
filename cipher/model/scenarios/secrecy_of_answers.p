% expect: underivable
% The bank's answer to that client stays secret too.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(goal, negated_conjecture, ( ~att(before, answer) )).
