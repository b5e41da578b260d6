// GET /api/v1/blobs/{sha256}: an attachment that the hub has whole, as it came.
#pragma once

#include "daemon/hub/blobs/blob_store.hpp"
#include "daemon/support/router.hpp"

namespace fieldpost::hub {

// `blobs` must outlive the router.
void add_blob_routes(support::Router& router, BlobStore& blobs);

}  // namespace fieldpost::hub
