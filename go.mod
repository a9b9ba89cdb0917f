module stylecam

go 1.26
