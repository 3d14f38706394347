// Package clabe reads, checks, makes and shows account numbers by Mexico's standard: the CLABE (Clave Bancaria
// Estandarizada, Banco de México), 18 digits that every bank there understands.
package clabe
