% expect: underivable
% The classic suite: a thief of static and identity key reads nothing that was recorded before.

include('../rules/attacker.p').
include('../rules/classic_honest.p').

cnf(static_stolen, axiom, ( att(after, st) )).
cnf(identity_stolen, axiom, ( att(after, idk) )).
cnf(goal, negated_conjecture, ( ~att(after, secret) )).
