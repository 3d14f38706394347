// Package noise is the core of the Noise Protocol Framework (revision 34) on the standard library's primitives:
// the symmetric state, the cipher state, and an interpreter of message patterns, with the post-quantum tokens e1 and
// ekem1 of the Hybrid Forward Secrecy extension (Noise HFS draft, section 5) for ML-KEM-768.
//
// A pattern and an AEAD are data, so that the interpreter can be held against vectors of patterns that Caudal itself
// does not speak. X25519 and SHA-256 are fixed. The channel that is built on this is package cipher's.
package noise
