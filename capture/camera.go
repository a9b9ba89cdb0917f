package capture

import (
	"context"

	"stylecam/capture/camera"
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
