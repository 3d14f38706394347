// Package web is what a browser gets from the bank: the files in dist, embedded, and the rules under which they run.
package web
