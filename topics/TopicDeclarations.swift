/// The declarations beside this file, as bytes; Contract's `TopicDeclaration` reads them.
package enum TopicDeclarations {
    package static let all: [[UInt8]] = [
        PackageResources.sluice_documents_json, PackageResources.sluice_permissions_json, PackageResources.sluice_memberships_json,
        PackageResources.sluice_queries_json, PackageResources.sluice_redrive_json, PackageResources.sluice_dlq_json,
        PackageResources.sluice_results_tenant_json, PackageResources.sluice_status_tenant_json,
    ]
}
