import Addresses

extension SettingKind where Value == [HostPattern] {
    static var hosts: SettingKind {
        list("host, *.suffix, host:port, http://host; xn-- for letters beyond ASCII") { HostPattern($0) }
    }
}

extension SettingKind where Value == [AddressRange] {
    static var networks: SettingKind {
        list("10.0.0.0/8, fd00::/8, 192.0.2.1") { AddressRange($0) }
    }
}

extension SettingKind where Value == [String] {
    /// Absolute paths. The root is none: it would let in the system's own files.
    static var folders: SettingKind {
        list("/folder, /folder") { $0.hasPrefix("/") && $0.utf8.contains { $0 != 0x2F } ? $0 : nil }
    }
}
