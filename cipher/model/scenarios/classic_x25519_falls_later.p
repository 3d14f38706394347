% expect: derivable
% The classic suite: a recording opens when X25519 falls. This is what the hybrid suite is for.

include('../rules/attacker.p').
include('../rules/classic_honest.p').

cnf(x25519_falls, axiom, ( ~att(after, pk(X)) | att(after, X) )).
cnf(goal, negated_conjecture, ( ~att(after, secret) )).
