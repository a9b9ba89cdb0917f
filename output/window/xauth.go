package window

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A display that answers may still refuse, under sudo or in a container that was
// lent the socket alone; Qt ends the process then too. So the first message of
// the X protocol is exchanged here, with the same proof of identity that Xlib
// would show.

const cookieKind = "MIT-MAGIC-COOKIE-1"

// greet asks the server to let us in (X Window System Protocol, chapter 8).
func greet(conn net.Conn, cookie []byte) error {
	if err := conn.SetDeadline(time.Now().Add(dialTime)); err != nil {
		return err
	}
	kind := ""
	if len(cookie) > 0 {
		kind = cookieKind
	}
	le := binary.LittleEndian
	hello := []byte{'l', 0, 11, 0, 0, 0} // byte order; version 11.0
	hello = le.AppendUint16(hello, uint16(len(kind)))
	hello = le.AppendUint16(hello, uint16(len(cookie)))
	hello = append(hello, 0, 0)
	hello = append(hello, padded(kind)...)
	hello = append(hello, padded(string(cookie))...)
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	answer := make([]byte, 8)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if answer[0] == 1 {
		return nil
	}
	reason := make([]byte, answer[1])
	if _, err := io.ReadFull(conn, reason); err != nil || len(reason) == 0 {
		return errors.New("no reason given")
	}
	return errors.New(strings.TrimSpace(string(reason)))
}

func padded(s string) string { return s + strings.Repeat("\x00", (4-len(s)%4)%4) }

// cookie finds what proves to this machine's display that we may use it; nil if
// there is nothing, which serves where the server knows its user.
func cookie(getenv func(string) string, display int) []byte {
	path := getenv("XAUTHORITY")
	if path == "" {
		path = filepath.Join(getenv("HOME"), ".Xauthority")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return nil
	}
	return findCookie(file, host, strconv.Itoa(display))
}

// findCookie reads an authority file: entries of a family and four strings (address,
// display, kind, data), each with its length, in big endian (Xau's README).
func findCookie(file []byte, host, display string) []byte {
	const local, wild = 256, 65535
	for len(file) >= 2 {
		family := binary.BigEndian.Uint16(file)
		file = file[2:]
		var fields [4][]byte
		for i := range fields {
			if len(file) < 2 || len(file) < 2+int(binary.BigEndian.Uint16(file)) {
				return nil
			}
			n := 2 + int(binary.BigEndian.Uint16(file))
			fields[i], file = file[2:n], file[n:]
		}
		ours := family == wild || family == local && string(fields[0]) == host
		number := string(fields[1])
		if ours && (number == "" || number == display) && string(fields[2]) == cookieKind {
			return fields[3]
		}
	}
	return nil
}
