% expect: derivable
% Without the offer in the prologue the same client is brought down to the classic suite.

include('../rules/attacker.p').
include('../rules/classic_downgraded_unbound.p').

cnf(goal, negated_conjecture, ( ~accept_classic(Y, S) )).
