# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_acquisition_restatements.view.lkml"

explore: prs_acquisition_restatements {
  label: "Acquisition restated"
  group_label: "Acquisition"
  description: "Which numbers were final when first published, and are others now? Why?"
  persist_with: prs_acquisition_publication
}
