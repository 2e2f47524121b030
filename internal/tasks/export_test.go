package tasks

// Allowed is for tests alone.
var Allowed = (*Worker).allowed
