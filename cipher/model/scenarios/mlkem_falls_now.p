% expect: underivable
% ML-KEM adds and takes nothing away: even broken from the start, it leaves secrecy as the classic suite has it.

include('../rules/attacker.p').
include('../rules/bank.p').
include('../rules/bank_hears_all.p').
include('../rules/client_offers.p').
include('../rules/client.p').

cnf(mlkem_falls_now, axiom, ( ~att(before, ek(D)) | att(before, D) )).
cnf(goal, negated_conjecture, ( ~att(before, secret) )).
