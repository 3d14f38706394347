% The bank in the hybrid suite: static key st, identity key idk, both certain to be its own. It runs any number of
% sessions, numbered by N, with whoever sent message 1; its fresh secrets e (X25519) and r (encapsulation) are functions
% of the session and of what it heard there.
%
% hears(X, D)   message 1 with pk(X) and ek(D) reaches the bank; which ones do, the scenario says
%
% The handshake hash grows as h1 = h(pk(X), ek(D), pk(e)), h2 = g(h1, ciphertext), h3 = g(h2, pk(st)).

cnf(chain_begins_public, axiom, ( att(before, hybrid) )).
cnf(identity_is_public, axiom, ( att(before, vk(idk)) )).

cnf(bank_e, axiom, ( ~hears(X, D) | att(before, pk(e(N, X, D))) )).
cnf(bank_ekem1, axiom, ( ~hears(X, D) | att(before,
    aead(k(hybrid, dh(X, e(N, X, D))),
         h(pk(X), ek(D), pk(e(N, X, D))),
         ct(ek(D), r(N, X, D)))) )).
cnf(bank_s, axiom, ( ~hears(X, D) | att(before,
    aead(k(ck(hybrid, dh(X, e(N, X, D))), kss(D, r(N, X, D))),
         g(h(pk(X), ek(D), pk(e(N, X, D))), ct(ek(D), r(N, X, D))),
         pk(st))) )).
cnf(bank_certificate, axiom, ( ~hears(X, D) | att(before,
    aead(k(ck(ck(hybrid, dh(X, e(N, X, D))), kss(D, r(N, X, D))), dh(X, st)),
         g(g(h(pk(X), ek(D), pk(e(N, X, D))), ct(ek(D), r(N, X, D))), pk(st)),
         sig(idk, pk(st)))) )).

% To the one client whose secrets the scenarios ask for, the bank sends an answer.
cnf(bank_answers, axiom, ( ~hears(ec, kc) | att(before,
    aead(down(ck(ck(ck(hybrid, dh(ec, e(N, ec, kc))), kss(kc, r(N, ec, kc))), dh(ec, st))), none, answer)) )).
