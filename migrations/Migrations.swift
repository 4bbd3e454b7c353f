/// The numbered migrations beside this file, in order.
package enum Migrations {
    package struct Migration: Sendable {
        package let number: Int32
        package let name: String
        package let sql: [UInt8]
    }

    package static let all: [Migration] = [
        Migration(number: 1, name: "0001_foundation", sql: PackageResources._001_foundation_sql),
        Migration(number: 2, name: "0002_fleet", sql: PackageResources._002_fleet_sql),
        Migration(number: 3, name: "0003_terms-pending-list", sql: PackageResources._003_terms_pending_list_sql),
        Migration(number: 4, name: "0004_retrieval", sql: PackageResources._004_retrieval_sql),
        Migration(number: 5, name: "0005_mirror", sql: PackageResources._005_mirror_sql),
        Migration(number: 6, name: "0006_filters", sql: PackageResources._006_filters_sql),
        Migration(number: 7, name: "0007_freshness", sql: PackageResources._007_freshness_sql),
        Migration(number: 8, name: "0008_audit", sql: PackageResources._008_audit_sql),
        Migration(number: 9, name: "0009_words", sql: PackageResources._009_words_sql),
        Migration(number: 10, name: "0010_generations", sql: PackageResources._010_generations_sql),
        Migration(number: 11, name: "0011_tenants", sql: PackageResources._011_tenants_sql),
        Migration(number: 12, name: "0012_snapshots", sql: PackageResources._012_snapshots_sql),
        Migration(number: 13, name: "0013_erasure", sql: PackageResources._013_erasure_sql),
        Migration(number: 14, name: "0014_lifecycle", sql: PackageResources._014_lifecycle_sql),
        Migration(number: 15, name: "0015_reindex", sql: PackageResources._015_reindex_sql),
    ]
}
