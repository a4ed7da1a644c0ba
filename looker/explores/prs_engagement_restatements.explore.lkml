# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_engagement_restatements.view.lkml"

explore: prs_engagement_restatements {
  label: "Engagement restated"
  group_label: "Engagement"
  description: "Which numbers were final when first published, and are others now? Why?"
  persist_with: prs_engagement_publication
}
