% expect: derivable
% A client that does not compare the certified key with the proven one takes the bank's replayed certificate from the man in
% the middle.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client_without_key_check.p').
cnf(goal, negated_conjecture, ( ~att(before, secret) )).
