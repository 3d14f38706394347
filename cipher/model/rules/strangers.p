% What is not of the client's one session: for scenarios that ask whether the client can be brought to take it.
%
% foreign(X)          an X25519 secret: the attacker's, another client's (ec2), the bank's in a session with somebody else
% foreign_kem(D)      a decapsulation key: the attacker's, another client's
% foreign_random(R)   encapsulation randomness: the attacker's, the bank's in a session with somebody else

cnf(other_client_e, axiom, ( att(before, pk(ec2)) )).
cnf(other_client_e1, axiom, ( att(before, ek(kc2)) )).

cnf(foreign_attacker, axiom, ( ~att(before, X) | foreign(X) )).
cnf(foreign_client, axiom, ( foreign(ec2) )).
cnf(foreign_static, axiom, ( foreign(st) )).
cnf(foreign_session, axiom, ( ~foreign(X) | foreign(e(N, X, D)) )).
cnf(foreign_session_kem, axiom, ( ~foreign_kem(D) | foreign(e(N, X, D)) )).
cnf(foreign_kem_attacker, axiom, ( ~att(before, D) | foreign_kem(D) )).
cnf(foreign_kem_client, axiom, ( foreign_kem(kc2) )).
cnf(foreign_random_attacker, axiom, ( ~att(before, R) | foreign_random(R) )).
cnf(foreign_random_session, axiom, ( ~foreign(X) | foreign_random(r(N, X, D)) )).
cnf(foreign_random_session_kem, axiom, ( ~foreign_kem(D) | foreign_random(r(N, X, D)) )).
