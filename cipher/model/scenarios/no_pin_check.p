% expect: derivable
% A client that takes any identity's certificate tells its secret to the man in the middle.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client_without_pin.p').
cnf(goal, negated_conjecture, ( ~att(before, secret) )).
