//go:build linux

package window

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// closeWindow asks a window to close as a desktop's close button does, by a
// message WM_DELETE_WINDOW (ICCCM 4.2.8.1), which xdotool cannot send.
func closeWindow(display, window string) error {
	id, err := strconv.ParseUint(window, 10, 32)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(display, ":"))
	if err != nil {
		return err
	}
	defer conn.Close()
	le := binary.LittleEndian

	// Connection set-up, without authorisation: byte order, version 11.0.
	if _, err := conn.Write([]byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	if head[0] != 1 {
		return fmt.Errorf("the X server refuses")
	}
	if _, err := io.CopyN(io.Discard, conn, 4*int64(le.Uint16(head[6:]))); err != nil {
		return err
	}

	atom := func(name string) (uint32, error) { // request InternAtom
		req := []byte{16, 0, 0, 0}
		padded := name + strings.Repeat("\x00", (4-len(name)%4)%4)
		le.PutUint16(req[2:], uint16(2+len(padded)/4))
		req = le.AppendUint16(req, uint16(len(name)))
		req = append(le.AppendUint16(req, 0), padded...)
		if _, err := conn.Write(req); err != nil {
			return 0, err
		}
		reply := make([]byte, 32)
		_, err := io.ReadFull(conn, reply)
		return le.Uint32(reply[8:]), err
	}
	protocols, err := atom("WM_PROTOCOLS")
	if err != nil {
		return err
	}
	remove, err := atom("WM_DELETE_WINDOW")
	if err != nil {
		return err
	}

	req := []byte{25, 0, 11, 0} // request SendEvent, 11 words
	req = le.AppendUint32(req, uint32(id))
	req = le.AppendUint32(req, 0)   // no mask: to the window's owner
	req = append(req, 33, 32, 0, 0) // ClientMessage of 32-bit words
	req = le.AppendUint32(req, uint32(id))
	req = le.AppendUint32(req, protocols)
	req = le.AppendUint32(req, remove)
	req = append(req, make([]byte, 16)...)
	if _, err := conn.Write(req); err != nil {
		return err
	}
	_, err = atom("WM_DELETE_WINDOW") // its answer says that the event was sent
	return err
}
