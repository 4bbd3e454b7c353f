import Mirror
import Testing

struct MirrorTests {}
