% expect: underivable
% A thief of the bank's static and identity keys reads nothing that was recorded before.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(static_stolen, axiom, ( att(after, st) )).
cnf(identity_stolen, axiom, ( att(after, idk) )).

cnf(either, axiom, ( ~att(after, secret) | read )).
cnf(or, axiom, ( ~att(after, answer) | read )).
cnf(goal, negated_conjecture, ( ~read )).
