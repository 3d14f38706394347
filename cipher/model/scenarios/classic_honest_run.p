% expect: derivable
% The client can accept an honest run of the classic suite at all.

include('../rules/attacker.p').
include('../rules/classic_honest.p').

cnf(goal, negated_conjecture, ( ~accept_classic(e(one, ec), st) )).
