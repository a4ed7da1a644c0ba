# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_support_restatements.view.lkml"

explore: prs_support_restatements {
  label: "Support restated"
  group_label: "Support"
  description: "Which numbers were final when first published, and are others now? Why?"
  persist_with: prs_support_publication
}
