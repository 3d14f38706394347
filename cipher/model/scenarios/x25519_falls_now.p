% expect: derivable
% Authentication is not post-quantum: who breaks X25519 while the client connects is the bank to it.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(x25519_falls_now, axiom, ( ~att(before, pk(X)) | att(before, X) )).
cnf(goal, negated_conjecture, ( ~att(before, secret) )).
