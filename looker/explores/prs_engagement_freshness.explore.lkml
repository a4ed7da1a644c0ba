# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_engagement_freshness.view.lkml"

explore: prs_engagement_freshness {
  label: "Engagement freshness"
  group_label: "Engagement"
  description: "How fresh is what is published, and up to when are its sources known?"
  persist_for: "60 seconds"
}
