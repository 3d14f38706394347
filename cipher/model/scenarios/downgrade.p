% expect: underivable
% Who strips the hybrid suite from the client's offer gets no handshake: the prologue differs.

include('../rules/attacker.p').
include('../rules/classic_downgraded.p').

cnf(goal, negated_conjecture, ( ~accept_classic(Y, S) )).
