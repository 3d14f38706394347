% expect: underivable
% The bank is authenticated: a client never accepts unless its own message 1 reached the bank. Here the bank runs with
% everybody else, the attacker included, and with half of the client's message 1 beside a foreign half.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/client_offers.p').
include('../rules/client.p').
include('../rules/strangers.p').

cnf(bank_hears_other_x25519, axiom, ( ~att(before, pk(X)) | ~foreign(X) | ~att(before, ek(D)) | hears(X, D) )).
cnf(bank_hears_other_kem, axiom, ( ~att(before, pk(X)) | ~foreign_kem(D) | ~att(before, ek(D)) | hears(X, D) )).
cnf(goal, negated_conjecture, ( ~accept(Y, Z, S) )).
