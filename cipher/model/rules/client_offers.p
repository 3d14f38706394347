% One client's message 1: ephemeral secrets ec and kc, used once. (Other clients are like it; what the attacker learns
% as a client of its own, the rules give it anyway.)
cnf(client_e, axiom, ( att(before, pk(ec)) )).
cnf(client_e1, axiom, ( att(before, ek(kc)) )).
