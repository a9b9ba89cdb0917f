//go:build matprofile

package window

import "gocv.io/x/gocv"

func openMats() int { return gocv.MatProfile.Count() }
