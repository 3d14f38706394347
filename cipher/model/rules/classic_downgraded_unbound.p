% As classic_downgraded.p, but without a prologue: neither hash has what was offered.
cnf(chain_begins_public, axiom, ( att(before, classic) )).
cnf(client_e, axiom, ( att(before, pk(ec)) )).

cnf(bank_e, axiom, ( ~att(before, pk(X)) | att(before, pk(e(N, X))) )).
cnf(bank_s, axiom, ( ~att(before, pk(X)) | att(before,
    aead(k(classic, dh(X, e(N, X))), h(nothing, pk(X), pk(e(N, X))), pk(st))) )).
cnf(bank_certificate, axiom, ( ~att(before, pk(X)) | att(before,
    aead(k(ck(classic, dh(X, e(N, X))), dh(X, st)),
         g(h(nothing, pk(X), pk(e(N, X))), pk(st)),
         sig(idk, pk(st)))) )).

cnf(client_accepts, axiom, (
    ~att(before, pk(Y))
  | ~att(before, aead(k(classic, dh(ec, Y)), h(nothing, pk(ec), pk(Y)), pk(S)))
  | ~att(before, aead(k(ck(classic, dh(ec, Y)), dh(ec, S)),
                      g(h(nothing, pk(ec), pk(Y)), pk(S)),
                      sig(idk, pk(S))))
  | accept_classic(Y, S) )).
cnf(client_sends, axiom, ( ~accept_classic(Y, S)
  | att(before, aead(up(ck(ck(classic, dh(ec, Y)), dh(ec, S))), none, secret)) )).
