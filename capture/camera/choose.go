package camera

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"stylecam/filter"
	"stylecam/v4l2"
)

// OwnCard is how stylecam's virtual camera is called: pictures that it shows are
// already painted, so it is never taken as input.
const OwnCard = "stylecam"

// Check tells why there is no camera that which names, without opening any.
func Check(devices []v4l2.Info, which string) error {
	_, err := choose(devices, which)
	return err
}

// choose finds the device that which names: by number, path, one of its stable
// links or their last part, or the whole or part of the card's name, a number alone
// being no part of one. Of "" these are all real cameras, to be tried in turn. What
// could not be asked comes last.
func choose(all []v4l2.Info, which string) ([]v4l2.Info, error) {
	cameras := slices.DeleteFunc(slices.Clone(all), func(i v4l2.Info) bool { return i.Err == nil && !i.Captures })
	slices.SortStableFunc(cameras, func(a, b v4l2.Info) int {
		switch {
		case a.Err == nil && b.Err != nil:
			return -1
		case a.Err != nil && b.Err == nil:
			return 1
		}
		return 0
	})
	if which == "" {
		real := slices.DeleteFunc(cameras, func(i v4l2.Info) bool { return !i.Camera() })
		if len(real) == 0 {
			return nil, fmt.Errorf("no camera is there; plug one in, or try --input demo: %w", filter.ErrMissing)
		}
		return real, nil
	}
	if i := match(cameras, which); i >= 0 {
		if own := cameras[i]; own.Loopback() && own.Card == OwnCard {
			return nil, fmt.Errorf("camera %s is stylecam's own virtual camera; choose one of %s: %w", which, names(cameras), filter.ErrMissing)
		}
		return cameras[i : i+1], nil
	}
	if i := slices.IndexFunc(all, func(i v4l2.Info) bool { return i.Path == which || strconv.Itoa(i.Number) == which }); i >= 0 {
		return nil, fmt.Errorf("camera %s: %s gives no pictures now (a virtual camera does while a program feeds it); there are %s: %w", which, all[i].Card, names(cameras), filter.ErrMissing)
	}
	return nil, fmt.Errorf("camera %s is not there; there are %s: %w", which, names(cameras), filter.ErrMissing)
}

// match is the place of the device that which names, -1 if none does.
func match(devices []v4l2.Info, which string) int {
	_, err := strconv.ParseUint(which, 10, 0)
	number := err == nil // camera 1 is not the "Webcam 1080p"
	for _, named := range []func(v4l2.Info) bool{
		func(i v4l2.Info) bool { return strconv.Itoa(i.Number) == which || i.Path == which },
		func(i v4l2.Info) bool {
			return slices.ContainsFunc(i.Names, func(link string) bool { return link == which || strings.HasSuffix(link, "/"+which) })
		},
		func(i v4l2.Info) bool { return strings.EqualFold(i.Card, which) },
		func(i v4l2.Info) bool {
			return !number && strings.Contains(strings.ToLower(i.Card), strings.ToLower(which))
		},
	} {
		if i := slices.IndexFunc(devices, named); i >= 0 {
			return i
		}
	}
	return -1
}

// Path is where the device is that which names, whether it gives pictures or not;
// "" where none is named or none is there.
func Path(devices []v4l2.Info, which string) string {
	if i := match(devices, which); which != "" && i >= 0 {
		return devices[i].Path
	}
	return ""
}

// stable names a camera by what stays when it is unplugged: the link that udev
// makes for it, else its card's name.
func stable(i v4l2.Info) string {
	if len(i.Names) > 0 {
		return i.Names[0]
	}
	return i.Card
}

// names lists cameras for an error.
func names(cameras []v4l2.Info) string {
	var list []string
	for _, i := range cameras {
		if !(i.Loopback() && i.Card == OwnCard) {
			list = append(list, fmt.Sprintf("%d (%s)", i.Number, i.Card))
		}
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// explain says what is the matter with a camera, and what to do.
func explain(i v4l2.Info, err error) error {
	name := fmt.Sprintf("camera %s (%s)", i.Path, i.Card)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: you may not open it; join its group (%s): %w", name, v4l2.JoinGroup, filter.ErrMissing)
	case v4l2.Busy(err):
		holders := v4l2.Holders(i.Path).String()
		return fmt.Errorf("%s is in use by %s; close it there, or take another: %w", name, cmp.Or(holders, "a program of another user (sudo fuser -v names it)"), filter.ErrMissing)
	case v4l2.Gone(err):
		return fmt.Errorf("%s is gone: %w", name, filter.ErrMissing)
	}
	return fmt.Errorf("%s: %w", name, err)
}
