% Every message 1 that the attacker can send reaches the bank.
cnf(bank_hears, axiom, ( ~att(before, pk(X)) | ~att(before, ek(D)) | hears(X, D) )).
