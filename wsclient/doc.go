// Command caudal is a customer's way to the bank from a terminal. Everything that it does is in [caudal/wsclient/cli];
// programs of your own use [caudal/wsclient/caudal].
package main
