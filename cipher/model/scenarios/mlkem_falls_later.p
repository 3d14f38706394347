% expect: underivable
% A recording stays closed when ML-KEM falls later and X25519 does not; keys are stolen besides.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(mlkem_falls, axiom, ( ~att(after, ek(D)) | att(after, D) )).
cnf(static_stolen, axiom, ( att(after, st) )).
cnf(identity_stolen, axiom, ( att(after, idk) )).
cnf(either, axiom, ( ~att(after, secret) | read )).
cnf(or, axiom, ( ~att(after, answer) | read )).
cnf(goal, negated_conjecture, ( ~read )).
