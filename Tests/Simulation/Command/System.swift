import Glibc

func exit(_ code: Int32) { Glibc.exit(code) }

/// Those this process may run on.
func processorCount() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
