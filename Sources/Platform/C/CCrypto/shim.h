#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

// Put together of other macros, which Swift does not import.
static const int sluice_public_key = EVP_PKEY_PUBLIC_KEY;
