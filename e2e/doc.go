// Package e2e tests Caudal's two programs together, as people, strangers and attackers use them: real processes, real
// sockets on loopback, real files. It has no code of its own.
package e2e
