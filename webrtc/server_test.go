package webrtc

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// dial connects to the rig and sends text.
func (r *rig) dial(text string) net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// hungUp waits until the server has closed the connection, and returns what it
// said before.
func hungUp(t *testing.T, what string, conn net.Conn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: still connected", what)
	}
	return string(said)
}

const (
	halfHeader = "POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-"
	halfBody   = halfHeader + "Type: application/sdp\r\nContent-Length: 1000\r\n\r\nv=0"
	question   = "GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
)

// impatient is a rig that waits for nobody longer than a busy machine needs.
func impatient(t *testing.T) *rig {
	r := listenRig(t, nil)
	r.limits.header, r.limits.body, r.limits.answer = time.Second, 1500*time.Millisecond, 4*time.Second
	r.limits.idle = time.Second
	r.Serve(r.live)
	return r
}

func TestSlowClientsAreHungUpOn(t *testing.T) {
	r := impatient(t)
	silent, header, body, drip, deaf := r.dial(""), r.dial(halfHeader), r.dial(halfBody), r.dial(halfHeader), r.dial("")
	hungUp(t, "says nothing", silent)
	hungUp(t, "sends half a header", header)
	if said := hungUp(t, "sends half a body", body); !strings.Contains(said, " 408 ") {
		t.Errorf("half a body was answered %q", said)
	}
	eventually(t, "one that sends byte after byte is hung up on", func() bool {
		_, err := io.WriteString(drip, "x")
		return err != nil
	})
	if err := deaf.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := io.WriteString(deaf, question); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("one that asks and never reads: still connected")
		} else if err != nil {
			break
		}
	}
}

// Slow clients in every place there is are waited out, not waited for.
func TestSlowClientsKeepNobodyOut(t *testing.T) {
	r := impatient(t)
	for i := range mostConnections {
		r.dial([]string{halfHeader, halfBody, question}[i%3])
	}
	if res := r.do("GET", "/healthz", ""); res.StatusCode != 200 {
		t.Error(res.Status)
	}
}

// Of more than there are places one waits, whatever it asks.
func TestConnectionsAreBounded(t *testing.T) {
	r := newRig(t, nil)
	var all []net.Conn
	for range mostConnections {
		all = append(all, r.dial(halfHeader))
	}
	next := r.dial("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if err := next.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := next.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("one too many reads %d bytes, %v", n, err)
	}
	if err := all[0].Close(); err != nil {
		t.Fatal(err)
	}
	if said := hungUp(t, "one that had to wait", next); !strings.Contains(said, " 200 ") {
		t.Errorf("after another left, it reads %q", said)
	}
}

// Event streams go on for as long as they are read, whatever an answer may take.
func TestEventsOutliveTheLimitOfAnswers(t *testing.T) {
	r := impatient(t)
	conn := r.dial("GET /api/stats HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for strings.Count(said.String(), "event: stats") < 7 { // one a second, the first at once
		if _, err := io.CopyN(&said, conn, 1); err != nil {
			t.Fatalf("%v after %q", err, said.String())
		}
	}
}
