#pragma once
#include "shim.h"
#include <librdkafka/rdkafka_mock.h>
