package main

import (
	"fmt"
	"image"
	"image/png"
	"os"
)

// blank is a command for scripts: "blank WIDTH,HEIGHT FILE" writes what a browser that draws nothing takes as its screenshot.
func blank() {
	var width, height int
	if _, err := fmt.Sscanf(os.Args[1], "%d,%d", &width, &height); err != nil {
		panic(err)
	}
	file, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := png.Encode(file, image.NewGray(image.Rect(0, 0, 2*width, 2*height))); err != nil {
		panic(err)
	}
}
