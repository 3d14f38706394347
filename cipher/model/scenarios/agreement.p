% expect: underivable
% What a client accepts is from one and the same session of the bank with its own message 1: no ephemeral key, KEM secret or
% static key of another, and no two sessions mixed.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

include('../rules/strangers.p').

cnf(foreign_ephemeral, axiom, ( ~accept(Y, Z, S) | ~foreign(Y) | wrong )).
cnf(own_ephemeral, axiom, ( ~accept(ec, Z, S) | wrong )).
cnf(foreign_encapsulation, axiom, ( ~accept(Y, kss(kc, R), S) | ~foreign_random(R) | wrong )).
cnf(rejected_ciphertext, axiom, ( ~accept(Y, rej(kc, C), S) | wrong )).
cnf(two_sessions_mixed, axiom, ( ~accept(e(one, ec, kc), kss(kc, r(two, ec, kc)), S) | wrong )).
cnf(static_of_attacker, axiom, ( ~accept(Y, Z, S) | ~att(before, S) | wrong )).
cnf(static_of_session, axiom, ( ~accept(Y, Z, e(N, X, D)) | wrong )).
cnf(static_of_client, axiom, ( ~accept(Y, Z, ec) | wrong )).
cnf(static_of_other_client, axiom, ( ~accept(Y, Z, ec2) | wrong )).
cnf(goal, negated_conjecture, ( ~wrong )).
