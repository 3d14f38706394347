% expect: underivable
% A recording stays closed when X25519 falls later (a quantum computer) and ML-KEM does not; keys are stolen besides.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(x25519_falls, axiom, ( ~att(after, pk(X)) | att(after, X) )).
cnf(identity_stolen, axiom, ( att(after, idk) )).
cnf(either, axiom, ( ~att(after, secret) | read )).
cnf(or, axiom, ( ~att(after, answer) | read )).
cnf(goal, negated_conjecture, ( ~read )).
