// Package server pins the GoatCounter release that the tests run, with the digests of all it needs in go.sum.
package server

import _ "zgo.at/goatcounter/v2" // The command is built from this module.
