// Package e2e tests Caudal's two programs together, as people, strangers and attackers use them: real processes, real
// sockets on loopback, real files, and a real browser for the dashboard. It has no code of its own.
//
// The browser is Chromium, as the machine has it or as CAUDAL_CHROMIUM names it; without one its tests are skipped. They
// look at the embedded dashboard, or at the one in the folder CAUDAL_TEST_WEB (go run ./web/build -out FOLDER). Where one
// fails, it tells what was on the screen, and CAUDAL_TEST_PICTURES is a folder for a picture of it. A picture of every
// screen, in each language, theme and size:
//
//	go test ./e2e -run Screenshots -screenshots FOLDER
package e2e
