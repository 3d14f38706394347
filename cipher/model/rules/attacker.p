% What the attacker can do. It is the network: it hears, withholds, replays and sends whatever it can derive.
%
% att(P, M)    the attacker has M in phase P. All that bank and client do is in the phase `before`; `after` is later, when
%              keys are stolen or primitives fall, and there are only recordings left to work on.
%
% pk(X)        X25519 public key of X             dh(X, Y)      X25519 of X and Y's public key
% ek(D)        ML-KEM encapsulation key of D      ct(ek(D), R)  ciphertext made with randomness R
% kss(D, R)    that ciphertext's secret           rej(D, C)     what D makes of any other C (implicit rejection)
% ck(C, S), k(C, S)     the two outputs of HKDF on chaining key C and secret S: the next chaining key, and a key
% up(C), down(C)        transport keys of chaining key C, to the bank and to the client
% aead(K, H, M)         M under key K with associated data H; one message a key here, so without a counter
% sig(I, M)             I's signature over M, from which M can be read

cnf(time_passes, axiom, ( ~att(before, M) | att(after, M) )).
cnf(a_secret_of_its_own, axiom, ( att(before, mine) )).

cnf(dh_commutes, axiom, ( dh(X, Y) = dh(Y, X) )).

cnf(make_public_key, axiom, ( ~att(P, X) | att(P, pk(X)) )).
cnf(make_dh, axiom, ( ~att(P, X) | ~att(P, pk(Y)) | att(P, dh(X, Y)) )).
cnf(make_kem_key, axiom, ( ~att(P, D) | att(P, ek(D)) )).
cnf(encapsulate, axiom, ( ~att(P, R) | ~att(P, ek(D)) | att(P, ct(ek(D), R)) )).
cnf(encapsulated_secret, axiom, ( ~att(P, R) | ~att(P, ek(D)) | att(P, kss(D, R)) )).
cnf(decapsulate, axiom, ( ~att(P, D) | ~att(P, ct(ek(D), R)) | att(P, kss(D, R)) )).
cnf(decapsulate_any, axiom, ( ~att(P, D) | ~att(P, C) | att(P, rej(D, C)) )).
cnf(chain, axiom, ( ~att(P, C) | ~att(P, S) | att(P, ck(C, S)) )).
cnf(key, axiom, ( ~att(P, C) | ~att(P, S) | att(P, k(C, S)) )).
cnf(key_up, axiom, ( ~att(P, C) | att(P, up(C)) )).
cnf(key_down, axiom, ( ~att(P, C) | att(P, down(C)) )).
% With any associated data at all: more than a real attacker can, which errs on the safe side.
cnf(encrypt, axiom, ( ~att(P, K) | ~att(P, M) | att(P, aead(K, H, M)) )).
cnf(decrypt, axiom, ( ~att(P, K) | ~att(P, aead(K, H, M)) | att(P, M) )).
cnf(sign, axiom, ( ~att(P, I) | ~att(P, M) | att(P, sig(I, M)) )).
cnf(read_signed, axiom, ( ~att(P, sig(I, M)) | att(P, M) )).
