% expect: derivable
% When both fall, a recording opens: the model can find an attack on secrecy.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(x25519_falls, axiom, ( ~att(after, pk(X)) | att(after, X) )).
cnf(mlkem_falls, axiom, ( ~att(after, ek(D)) | att(after, D) )).
cnf(either, axiom, ( ~att(after, secret) | read )).
cnf(or, axiom, ( ~att(after, answer) | read )).
cnf(goal, negated_conjecture, ( ~read )).
