package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// A page's own violations of its policy reach the test by this binding, before any script of the page runs.
const (
	violationBinding = "caudalTestViolation"
	violationScript  = `addEventListener("securitypolicyviolation", (e) => ` + violationBinding +
		`(e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber + " " + e.sample), true);`
)

// listen collects what a page complains of. It runs on the reader of the browser's messages.
func (w *window) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var texts []string
		for _, arg := range e.Args {
			texts = append(texts, string(arg.Value)+arg.Description)
		}
		w.fault("console.%s: %s", e.Type, strings.Join(texts, " "))
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		w.fault("exception: %s (%s:%d)", text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
	case *runtime.EventBindingCalled:
		if e.Name == violationBinding {
			w.fault("policy violation: %s", e.Payload)
		}
	case *log.EventEntryAdded:
		w.fault("log %s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *audits.EventIssueAdded:
		w.fault("issue %s: %s", e.Issue.Code, issueText(e.Issue))
	case *network.EventLoadingFailed:
		if !e.Canceled { // a reload in the middle of a request cancels it
			w.fault("request failed: %s %s %s", e.Type, e.ErrorText, e.BlockedReason)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			w.fault("request refused: %d %s", e.Response.Status, e.Response.URL)
		}
	case *inspector.EventTargetCrashed:
		w.fault("the page crashed")
	}
}

func issueText(issue *audits.InspectorIssue) string {
	text, err := json.Marshal(issue.Details)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (w *window) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// expect says that complaints matching the patterns may come.
func (w *window) expect(patterns ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pattern := range patterns {
		w.expected = append(w.expected, regexp.MustCompile(pattern))
	}
}

// judge fails the test for each complaint that nobody expected.
func (w *window) judge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := map[string]bool{}
complaints:
	for _, fault := range w.faults {
		if said[fault] {
			continue
		}
		said[fault] = true
		for _, pattern := range w.expected {
			if pattern.MatchString(fault) {
				continue complaints
			}
		}
		w.t.Errorf("%s's page complains: %s", w.name, fault)
	}
}
