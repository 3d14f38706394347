% A careless client: it takes a certificate of the pinned identity over whatever static key (Other).
%
% accept(Y, Z, S)   it accepts a message 2 with ephemeral key pk(Y), KEM secret Z and static key pk(S)

cnf(client_accepts, axiom, (
    ~att(before, pk(Y))
  | ~att(before, aead(k(hybrid, dh(ec, Y)),
                      h(pk(ec), ek(kc), pk(Y)),
                      ct(ek(kc), R)))
  | ~att(before, aead(k(ck(hybrid, dh(ec, Y)), kss(kc, R)),
                      g(h(pk(ec), ek(kc), pk(Y)), ct(ek(kc), R)),
                      pk(S)))
  | ~att(before, aead(k(ck(ck(hybrid, dh(ec, Y)), kss(kc, R)), dh(ec, S)),
                      g(g(h(pk(ec), ek(kc), pk(Y)), ct(ek(kc), R)), pk(S)),
                      sig(idk, Other)))
  | accept(Y, kss(kc, R), S) )).

% The same where C is no ciphertext for its key: no error, but a secret that only kc makes of it.
cnf(client_accepts_rejected, axiom, (
    ~att(before, pk(Y))
  | ~att(before, aead(k(hybrid, dh(ec, Y)),
                      h(pk(ec), ek(kc), pk(Y)),
                      C))
  | ~att(before, aead(k(ck(hybrid, dh(ec, Y)), rej(kc, C)),
                      g(h(pk(ec), ek(kc), pk(Y)), C),
                      pk(S)))
  | ~att(before, aead(k(ck(ck(hybrid, dh(ec, Y)), rej(kc, C)), dh(ec, S)),
                      g(g(h(pk(ec), ek(kc), pk(Y)), C), pk(S)),
                      sig(idk, Other)))
  | accept(Y, rej(kc, C), S) )).

% Then it sends its first message.
cnf(client_sends, axiom, ( ~accept(Y, Z, S)
  | att(before, aead(up(ck(ck(ck(hybrid, dh(ec, Y)), Z), dh(ec, S))), none, secret)) )).
