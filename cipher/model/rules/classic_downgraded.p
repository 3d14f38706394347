% Bank and client in the classic suite after somebody in the middle stripped the hybrid one from the client's offer. Each
% side's handshake hash begins with what it saw of the offer, as the prologue does; a bank that sees both takes hybrid.
cnf(chain_begins_public, axiom, ( att(before, classic) )).
cnf(client_e, axiom, ( att(before, pk(ec)) )).

cnf(bank_e, axiom, ( ~att(before, pk(X)) | att(before, pk(e(N, X))) )).
cnf(bank_s, axiom, ( ~att(before, pk(X)) | att(before,
    aead(k(classic, dh(X, e(N, X))), h(only_classic, pk(X), pk(e(N, X))), pk(st))) )).
cnf(bank_certificate, axiom, ( ~att(before, pk(X)) | att(before,
    aead(k(ck(classic, dh(X, e(N, X))), dh(X, st)),
         g(h(only_classic, pk(X), pk(e(N, X))), pk(st)),
         sig(idk, pk(st)))) )).

cnf(client_accepts, axiom, (
    ~att(before, pk(Y))
  | ~att(before, aead(k(classic, dh(ec, Y)), h(both, pk(ec), pk(Y)), pk(S)))
  | ~att(before, aead(k(ck(classic, dh(ec, Y)), dh(ec, S)),
                      g(h(both, pk(ec), pk(Y)), pk(S)),
                      sig(idk, pk(S))))
  | accept_classic(Y, S) )).
cnf(client_sends, axiom, ( ~accept_classic(Y, S)
  | att(before, aead(up(ck(ck(classic, dh(ec, Y)), dh(ec, S))), none, secret)) )).
