package capture

import (
	"context"

	"stylecam/capture/camera"
	"stylecam/v4l2"
)

// cameraSource is a camera as a Source.
type cameraSource struct {
	*camera.Camera
	info Info
}

func openCamera(ctx context.Context, which string, c Config) (Source, error) {
	cam, err := camera.Open(ctx, camera.Config{
		Which: which, Width: c.Width, Height: c.Height, FPS: c.FPS, Pool: c.Pool, NewDecoder: newDecoder,
	})
	if err != nil {
		return nil, err
	}
	i := cam.Info()
	return cameraSource{cam, Info{
		Name: i.Name, Width: i.Width, Height: i.Height, FPS: i.FPS, Camera: true, Stable: "camera:" + i.Stable, Note: i.Note,
	}}, nil
}

func (s cameraSource) Info() Info { return s.info }

// CheckCamera tells why the camera is not there that an input names; nil of any other
// input.
func CheckCamera(input string, devices []v4l2.Info) error {
	which, ok := cameraOf(input)
	if !ok {
		return nil
	}
	return camera.Check(devices, which)
}

// CameraPath is where the camera is that an input names; "" where it names none, or
// leaves the choice open.
func CameraPath(input string, devices []v4l2.Info) string {
	which, _ := cameraOf(input)
	return camera.Path(devices, which)
}
